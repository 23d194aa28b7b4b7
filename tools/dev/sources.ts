import { watch } from 'chokidar';

type Listener = (file: string) => void;

/** The source files below some folders. Files may be saved in place or replaced, as Git and many editors do. */
export class Sources {
  private readonly listeners = new Set<Listener>();
  private readonly changedAtMs = new Map<string, number>();

  private constructor(private readonly watcher: ReturnType<typeof watch>) {
    watcher.on('all', (_event, file) => {
      this.changedAtMs.set(file, Date.now());
      for (const listener of this.listeners) listener(file);
    });
  }

  /** @param folders absolute paths */
  static async watch(folders: string[]): Promise<Sources> {
    const watcher = watch(folders, {
      ignoreInitial: true,
      ignored: (file, stats) =>
        /\/(node_modules|web)$/.test(file) || (stats?.isFile() === true && !file.endsWith('.ts')),
    });
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    return new Sources(watcher);
  }

  /** Returns a function that removes the listener. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether the file, or any file, has changed after this time. */
  hasChangedSince(atMs: number, file?: string): boolean {
    const changes = file === undefined ? [...this.changedAtMs.values()] : [this.changedAtMs.get(file) ?? 0];
    return changes.some((changedAtMs) => changedAtMs > atMs);
  }

  close(): Promise<void> {
    return this.watcher.close();
  }
}
