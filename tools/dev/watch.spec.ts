import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Sources } from './sources';
import { type Watched, watchProgram } from './watch';

describe('a watched program', () => {
  let folder: string;
  let sources: Sources;
  let program: Watched;
  const lines: string[] = [];

  const source = (name: string): string => path.join(folder, name);
  const printing = (text: string): string => `export const text: string = '${text}';`;

  /** Waits until the program has printed this. */
  async function printed(text: string): Promise<void> {
    while (!lines.some((line) => line.includes(text)))
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Saves a file as Git and many editors do. */
  async function replace(name: string, text: string): Promise<void> {
    await writeFile(source('saving'), text);
    await rename(source('saving'), source(name));
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-watch-'));
    await writeFile(source('text.ts'), printing('first'));
    await writeFile(source('unused.ts'), printing('unused'));
    await writeFile(
      source('main.ts'),
      "import { text } from './text';\nconsole.log(text, process.pid);\nsetInterval(() => undefined, 1_000);",
    );
    sources = await Sources.watch([folder]);
    program = watchProgram(
      { name: 'program', file: source('main.ts'), args: [], env: process.env },
      sources,
      (line) => lines.push(line),
    );
    await printed('first');
  });

  afterAll(async () => {
    await program.stop();
    await sources.close();
    await rm(folder, { recursive: true });
  });

  it('restarts when a file that it has loaded is saved, in place or replaced, any number of times', async () => {
    await replace('text.ts', printing('second'));
    await printed('second');
    await replace('text.ts', printing('third'));
    await printed('third');
    await writeFile(source('text.ts'), printing('fourth'));
    await printed('fourth');
  });

  it('does not restart when another file is saved', async () => {
    const before = lines.length;
    await replace('unused.ts', printing('still unused'));
    await replace('text.ts', printing('fifth'));
    await printed('fifth');
    expect(lines.slice(before)).toHaveLength(1);
  });

  it('restarts when an error is fixed that kept it from starting', async () => {
    await writeFile(source('text.ts'), 'export const = ;');
    await printed('program exited (exit code 1). It starts again when a source file changes.');
    await writeFile(source('text.ts'), printing('fixed'));
    await printed('fixed');
  });
});
