import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  total: (count: number) => void;
  step: (count: number) => void;
  end: () => void;
}

/** Shows a progress bar if standard error is a terminal. */
export function progressBar(title: string): Progress {
  const bar = new SingleBar(
    {
      format: `${title} {bar} {value}/{total}`,
      stream: process.stderr,
      clearOnComplete: false,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  return {
    total: (count) => {
      bar.start(count, 0);
    },
    step: (count) => {
      bar.increment(count);
    },
    end: () => {
      bar.stop();
    },
  };
}
