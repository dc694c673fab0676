// Requests to the service, with a published key.
import { PlumblineError } from "./error.ts";
import { read, request } from "./element-globals.ts";

/** The service that elements speak with. @internal */
export class Client {
  readonly service: string;
  readonly #key: string | undefined;

  constructor(service: string, key: string | undefined) {
    this.service = service.replace(/\/+$/, "");
    this.#key = key;
  }

  /** The response to a request; an error with code `SERVICE_UNREACHABLE` where there is none. */
  async ask(path: string, options: RequestInit & { type?: string } = {}): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.#key) headers["authorization"] = `Bearer ${this.#key}`;
    if (options.type) headers["content-type"] = options.type;
    try {
      // A key is all that names the caller: no cookies. `no-cache`: the browser asks with the ETag of what it has.
      return await request(`${this.service}${path}`, { credentials: "omit", cache: "no-cache", ...options, headers });
    } catch (cause) {
      throw new PlumblineError("SERVICE_UNREACHABLE", `${this.service} does not answer`, [], { cause });
    }
  }

  /** The JSON of a response; an error with the problem's code where it is one. */
  async json<T>(path: string, options?: RequestInit & { type?: string }): Promise<T> {
    const response = await this.ask(path, options);
    if (response.ok) return read(await response.text());
    throw await problemOf(response);
  }

  /** The bytes of a response. */
  async bytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.ask(path);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw await problemOf(response);
  }
}

async function problemOf(response: Response): Promise<PlumblineError> {
  try {
    const { code, detail, errors } = read(await response.text());
    return new PlumblineError(String(code ?? `HTTP_${response.status}`), String(detail ?? response.status), Array.isArray(errors) ? errors : []);
  } catch {
    return new PlumblineError(`HTTP_${response.status}`, `the service answered ${response.status}`);
  }
}
