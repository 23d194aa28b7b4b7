import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  total: (count: number) => void;
  step: (count: number) => void;
  end: () => void;
}

/** Shows a progress bar if standard error is a terminal. */
export function progressBar(title: string): Progress {
  return progress(`${title} {bar} {value}/{total}`);
}

/** Shows a count if standard error is a terminal. For work whose total is unknown. */
export function progressCounter(title: string): Progress {
  return progress(`${title} {value}`);
}

function progress(format: string): Progress {
  const bar = new SingleBar(
    { format, stream: process.stderr, clearOnComplete: false, noTTYOutput: false },
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
