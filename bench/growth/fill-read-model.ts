/** Adds events to a read model, in a separate process: `fill-read-model.ts <file> <from> <to> <total> <end in ms>`. */
import { fill } from '../console/fill';

const [file = '', ...numbers] = process.argv.slice(2);
const [from = 0, to = 0, total = to, endMs = 0] = numbers.map(Number);
fill(file, { from, to, total, endMs }, () => undefined);
