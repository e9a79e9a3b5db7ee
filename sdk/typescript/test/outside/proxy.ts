// A wire that fails: forwards connections to a server and cuts, stalls or refuses them when told.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** More bytes than settings, acknowledgements and pings of HTTP/2 take together. */
const ANSWER_MIN = 64;

export class FaultProxy {
  /** Connections that came in so far. */
  accepted = 0;
  /** How many answers are swallowed: the request goes through, then the connection is cut. */
  swallow = 0;
  refuses = false;
  readonly #server: Server;
  readonly #target: number;
  readonly #open = new Set<[Socket, Socket]>();

  private constructor(target: number, server: Server) {
    this.#target = target;
    this.#server = server;
    server.on("connection", (down) => this.#forward(down));
  }

  /** A proxy before the server at an address. */
  static async before(endpoint: string): Promise<FaultProxy> {
    const server = createServer();
    for (let port = 18_000 + Math.floor(Math.random() * 1000); ; port += 1) {
      const listening = await new Promise<boolean>((resolve) => {
        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1", () => resolve(true));
      });
      if (listening) return new FaultProxy(Number(new URL(endpoint).port), server);
    }
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection that is open now. */
  cut(): void {
    for (const [down, up] of this.#open) {
      down.resetAndDestroy();
      up.resetAndDestroy();
    }
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #forward(down: Socket): void {
    if (this.refuses) {
      down.resetAndDestroy();
      return;
    }
    this.accepted += 1;
    const up = connect(this.#target, "127.0.0.1");
    const pair: [Socket, Socket] = [down, up];
    this.#open.add(pair);
    const over = () => {
      this.#open.delete(pair);
      down.destroy();
      up.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", over);
      socket.on("close", over);
    }
    down.on("data", (data) => up.write(data));
    up.on("data", (data) => {
      // What a connection says of itself is small; an answer to a call is not.
      if (this.swallow > 0 && data.length > ANSWER_MIN) {
        this.swallow -= 1;
        over();
      } else down.write(data);
    });
  }
}
