import { styleText } from 'node:util';
import { prettyFactory } from 'pino-pretty';

const colors = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'gray'] as const;
const nameWidth = 'statsig-simulator'.length;
let writers = 0;

/** Returns a function that prints one log line of an app: the name of the app, and JSON in readable form. */
export function logWriter(name: string): (line: string) => void {
  const color = colors[writers++ % colors.length] ?? 'gray';
  const prefix = styleText(color, name.padEnd(nameWidth), { stream: process.stdout });
  const pretty = prettyFactory({
    colorize: process.stdout.isTTY,
    translateTime: 'SYS:HH:MM:ss.l',
    // The settings of an app would fill the screen at every restart.
    ignore: 'pid,hostname,name,settings',
    singleLine: true,
  });
  return (line) => {
    if (line.trim() === '') return;
    for (const part of pretty(line).trimEnd().split('\n')) process.stdout.write(`${prefix} ${part}\n`);
  };
}
