// Work on the page's own thread in slices, with room for input and drawing between them.
import { later } from "./element-globals.ts";

const Channel = globalThis.MessageChannel;
const now = performance.now.bind(performance);

/** Most milliseconds of a slice, to which its last piece of work is added. */
const SLICE = 4;

/** The page's turn, which all who wait share: one message for each of them would wake the others too. */
let turn: Promise<void> | undefined;
let wake = () => {};
/** Made with the first slice: an open channel keeps a server that only imports this running. */
let channel: MessageChannel | undefined;

/** Resolves once the page has had its turn. */
function rested(): Promise<void> {
  if (Channel && !channel) (channel = new Channel()).port1.onmessage = () => wake();
  turn ??= new Promise<void>((done) => {
    wake = () => {
      turn = undefined;
      done();
    };
    if (channel) channel.port2.postMessage(0);
    else later(wake, 0);
  });
  return turn;
}

/** Slices of work. @internal */
export class Slices {
  #began = now();

  /** Whether the slice is over. */
  get isOver(): boolean {
    return now() - this.#began > SLICE;
  }

  /** Gives the thread to the page; the next slice begins when it comes back. */
  async rest(): Promise<void> {
    await rested();
    this.#began = now();
  }
}
