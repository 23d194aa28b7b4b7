const senders = 4;
const manyRequests = 100;

/** Posts webhooks from a few concurrent senders until it is stopped. */
export class WebhookLoad {
  /** Statuses of all responses so far. */
  readonly statuses = new Set<number>();
  private sent = 0;
  private isStopped = false;
  private readonly running: Promise<void>[];

  constructor(private readonly post: () => Promise<number>) {
    this.running = Array.from({ length: senders }, () => this.send());
  }

  /** Resolves after this many more requests. */
  async many(): Promise<void> {
    const wanted = this.sent + manyRequests;
    while (this.sent < wanted)
      await Promise.race([...this.running, new Promise((next) => setTimeout(next, 20))]);
  }

  /** Rejects if a request did not get a response. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.running);
  }

  private async send(): Promise<void> {
    while (!this.isStopped) {
      this.statuses.add(await this.post());
      this.sent += 1;
    }
  }
}
