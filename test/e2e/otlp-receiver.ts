import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** The parts of a received span that tests need. Ids are hexadecimal. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  attributes: Record<string, string | number>;
  links: { traceId: string; spanId: string }[];
}

/** A collector that receives spans as OTLP over HTTP, in protobuf. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Every request as text, for searching. */
  readonly texts: string[] = [];
  readonly headers: Record<string, unknown>[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', (request, response) => {
      void buffer(request).then((body) => {
        receiver.headers.push(request.headers);
        receiver.texts.push(body.toString('latin1'));
        receiver.spans.push(...spansIn(body));
        response.setHeader('content-type', 'application/x-protobuf').end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** The fields of a protobuf message by number. */
type Message = Map<number, (Buffer | bigint)[]>;

/** https://github.com/open-telemetry/opentelemetry-proto: ExportTraceServiceRequest */
function spansIn(request: Buffer): ReceivedSpan[] {
  const resourceSpans = messages(read(request), 1);
  const scopeSpans = resourceSpans.flatMap((message) => messages(message, 2));
  return scopeSpans.flatMap((message) => messages(message, 2)).map(toSpan);
}

function toSpan(span: Message): ReceivedSpan {
  return {
    traceId: bytes(span, 1).toString('hex'),
    spanId: bytes(span, 2).toString('hex'),
    parentSpanId: bytes(span, 4).toString('hex'),
    name: bytes(span, 5).toString(),
    attributes: Object.fromEntries(
      messages(span, 9).map((pair) => [bytes(pair, 1).toString(), valueOf(read(bytes(pair, 2)))]),
    ),
    links: messages(span, 13).map((link) => ({
      traceId: bytes(link, 1).toString('hex'),
      spanId: bytes(link, 2).toString('hex'),
    })),
  };
}

/** AnyValue: a string is field 1, an integer field 3; the text of others is enough. */
function valueOf(value: Message): string | number {
  const integer = value.get(3)?.[0];
  if (typeof integer === 'bigint') return Number(integer);
  return [...value.values()].flat().map(String).join(',');
}

function messages(message: Message, field: number): Message[] {
  return (message.get(field) ?? []).flatMap((value) => (typeof value === 'bigint' ? [] : [read(value)]));
}

function bytes(message: Message, field: number): Buffer {
  const value = message.get(field)?.[0];
  return value instanceof Buffer ? value : Buffer.alloc(0);
}

/** https://protobuf.dev/programming-guides/encoding/ */
function read(data: Buffer): Message {
  const message: Message = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(data[at++] ?? 0);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return value;
    }
  };
  const take = (length: number): Buffer => data.subarray(at, (at += length));
  const readValue = (wireType: number): Buffer | bigint => {
    switch (wireType) {
      case 0:
        return varint();
      case 1:
        return take(8);
      case 2:
        return take(Number(varint()));
      default:
        return take(4);
    }
  };
  while (at < data.length) {
    const tag = Number(varint());
    const value = readValue(tag & 7);
    const field = tag >> 3;
    message.set(field, [...(message.get(field) ?? []), value]);
  }
  return message;
}
