import { type ConnectionFilter } from './tcp-proxy';

/** `swallowed`: the response is dropped, and the client waits for its timeout. `reset`: the connection is closed. */
export type Loss = 'none' | 'swallowed' | 'reset';

/** https://kafka.apache.org/protocol#protocol_api_keys */
const produceKey = 0;
const sizeBytes = 4;

/** Loses responses to produce requests: the broker has written the records, but the client does not learn it. */
export class ProduceResponseLoss {
  loss: Loss = 'none';
  lost = 0;
  private responses = 0;

  /** @param every one of this many responses to produce requests is lost */
  constructor(private readonly every: number) {}

  readonly filter = (): ConnectionFilter => {
    const requests = new FrameReader();
    const responses = new FrameReader();
    const produces = new Set<number>();
    return {
      request: (chunk) => {
        for (const frame of requests.read(chunk)) {
          const isProduce = frame.readInt16BE(sizeBytes) === produceKey;
          if (isProduce) produces.add(frame.readInt32BE(sizeBytes + 4));
        }
      },
      response: (chunk) => {
        const passed: Buffer[] = [];
        for (const frame of responses.read(chunk)) {
          const isProduce = produces.delete(frame.readInt32BE(sizeBytes));
          if (!isProduce || !this.isLost()) passed.push(frame);
          else if (this.loss === 'reset') return 'reset';
        }
        return Buffer.concat(passed);
      },
    };
  };

  private isLost(): boolean {
    if (this.loss === 'none') return false;
    this.responses += 1;
    if (this.responses % this.every !== 0) return false;
    this.lost += 1;
    return true;
  }
}

/** Splits a stream into the frames of Kafka's protocol: a size of four bytes, followed by that many bytes. */
class FrameReader {
  private rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let data = Buffer.concat([this.rest, chunk]);
    while (data.length >= sizeBytes) {
      const end = sizeBytes + data.readInt32BE(0);
      if (data.length < end) break;
      frames.push(data.subarray(0, end));
      data = data.subarray(end);
    }
    this.rest = data;
    return frames;
  }
}
