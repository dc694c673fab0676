using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ (name = "echo", worker = (
    modules = [ (name = "echo.js", esModule = embed "echo.js") ],
    compatibilityDate = "2026-10-01",
  )) ],
  sockets = [ (name = "http", address = "127.0.0.1:8797", http = (), service = "echo") ],
  # Those of the service.
  v8Flags = [
    "--max-heap-size=32",
    "--max-semi-space-size=1",
    "--gc-global",
    "--minor-gc-task-trigger=20",
    "--single-threaded-gc",
    "--no-concurrent-recompilation",
  ],
);
