import { Writable } from 'node:stream';
import { type Logger } from '@app/platform';
import { pino } from 'pino';

/** A logger that adds its lines to an array. */
export function loggerInto(lines: string[], level = 'debug'): Logger {
  const sink = new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(line.toString());
      done();
    },
  });
  return pino({ level }, sink);
}
