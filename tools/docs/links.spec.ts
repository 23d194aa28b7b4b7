import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventTypes, lifecycleRules, statsigEventNames } from '@app/revenuecat';
import { allMetrics, type Metric } from './all-metrics';
import { allSettings } from './all-settings';
import { type Markdown, parseMarkdown } from './markdown';

const root = path.resolve(__dirname, '../..');
/** Folders that a clone does not have. */
const generated = new Set(['node_modules', 'dist', 'coverage', '.git', '.stack', '.console']);
const files = globSync(['**/*', '.*', '.*/**/*'], {
  cwd: root,
  withFileTypes: true,
  exclude: ({ name }) => generated.has(name),
})
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => path.relative(root, path.join(parentPath, name)));
const folders = new Set(files.flatMap(foldersOf));
const topFolders = new Set(
  files.filter((file) => file.includes('/')).map((file) => file.split('/')[0] ?? ''),
);
const pages = new Map(
  files
    .filter((file) => file.endsWith('.md'))
    .map((file): [string, Markdown] => [file, parseMarkdown(readFileSync(path.join(root, file), 'utf8'))]),
);

const settings = allSettings.flatMap((group) => group.settings.map(({ name }) => name));
const eventTypeNames = new Set<string>([...eventTypes, ...Object.keys(statsigEventNames)]);
const reasons = new Set(lifecycleRules.flatMap(({ reason }) => reason ?? []));

/** Names in capitals that are neither a setting nor a type or reason of RevenueCat's events. */
const otherNames = /^(SQLITE_TMPDIR|NODE_\w+|IMAGE_REGISTRY|AWS_MSK_IAM|APP_STORE|TEST_STORE|PAYWALL_\w*)$/;

/** Every page, with what `find` returns for it. */
function broken(find: (page: Markdown, file: string) => string[]): string[] {
  return [...pages].flatMap(([file, page]) => find(page, file).map((reference) => `${file}: ${reference}`));
}

it('links lead to files and headings that exist', () => {
  expect(broken(brokenLinks)).toEqual([]);
});

it('images of docs are shown on a page', () => {
  const shown = new Set(
    [...pages].flatMap(([file, { links }]) => links.map((link) => path.join(path.dirname(file), link))),
  );
  expect(files.filter((file) => file.startsWith('docs/images/') && !shown.has(file))).toEqual([]);
});

it('quoted paths exist', () => {
  expect(broken(({ code }) => code.flatMap(quotedPaths).filter((quoted) => !exists(quoted)))).toEqual([]);
});

it('quoted npm scripts exist', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: object;
  };
  expect(broken(({ code }) => code.flatMap(quotedScripts).filter((name) => !(name in scripts)))).toEqual([]);
});

it('quoted settings exist, except in the changelog', () => {
  expect(
    broken(({ code }, file) =>
      (file === 'CHANGELOG.md' ? [] : code).flatMap(quotedNames).filter((name) => !isKnown(name)),
    ),
  ).toEqual([]);
});

it('quoted metrics and their labels exist, except in the changelog', () => {
  expect(broken(({ code }, file) => (file === 'CHANGELOG.md' ? [] : code).flatMap(unknownMetrics))).toEqual(
    [],
  );
});

it('finds what does not exist', () => {
  const page = parseMarkdown(
    [
      '# Two words, `code` and a [link](https://example.com)',
      '[a](gone.md) [b](../README.md#gone) [c](#two-words-code-and-a-link) ![d](images/gone.png)',
      '`libs/gone/src/x.ts` `gone.ts` `docs/<page>.md` `libs/<name>/gone.ts` `npm run gone` `GONE_SETTING`',
      '`rcstatsig_gone_total` `rcstatsig_mapper_outcomes_total{project,gone}` `KAFKA_`',
      '```sh',
      'node dist/apps/gone/src/main.js',
      '```',
    ].join('\n'),
  );
  expect(brokenLinks(page, 'docs/page.md')).toEqual(['gone.md', '../README.md#gone', 'images/gone.png']);
  expect(page.code.flatMap(quotedPaths).filter((quoted) => !exists(quoted))).toEqual([
    'libs/gone/src/x.ts',
    'gone.ts',
    'libs/<name>/gone.ts',
    'dist/apps/gone/src/main.js',
  ]);
  expect(page.code.flatMap(quotedScripts)).toEqual(['gone']);
  expect(page.code.flatMap(quotedNames).filter((name) => !isKnown(name))).toEqual(['GONE_SETTING']);
  expect(page.code.flatMap(unknownMetrics)).toEqual([
    'rcstatsig_gone_total',
    'rcstatsig_mapper_outcomes_total{gone}',
  ]);
});

function brokenLinks({ links, anchors }: Markdown, file: string): string[] {
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [target = '', anchor] = link.split('#');
    const linked = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
    if (target !== '' && !files.includes(linked) && !folders.has(linked)) return true;
    const targetAnchors = target === '' ? anchors : pages.get(linked)?.anchors;
    return anchor !== undefined && targetAnchors?.includes(anchor) !== true;
  });
}

/** Returns what is a path in this repository: it begins with a folder of it, or ends like a source file. */
function quotedPaths(code: string): string[] {
  return [...code.matchAll(/(?<![\w./:@$<>-])\.?[\w<*][\w.<>*-]*(?:\/[\w.<>*-]+)*/g)]
    .map(([word]) => word)
    .filter(
      (word) =>
        (word.includes('/') && topFolders.has(word.split('/')[0] ?? '')) ||
        /^dist\/.*\.js$|[\w>]\.(ts|tsx|mjs|cjs|ya?ml|md|lua)$/.test(word),
    );
}

/** Whether a path, or the end of one, exists. `<name>` and `*` stand for any name. Compiled files have a source. */
function exists(quoted: string): boolean {
  const source = quoted.replace(/^dist\/(.*)\.js$/, '$1.ts');
  const pattern = source
    .replace(/\/$/, '')
    .split(/<[^>]*>|\*+/)
    .map((text) => RegExp.escape(text))
    .join('[^/]*');
  const end = new RegExp(`(^|/)${pattern}$`);
  return files.some((file) => end.test(file)) || [...folders].some((folder) => end.test(folder));
}

function quotedScripts(code: string): string[] {
  return [...code.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = '']) => name);
}

/** Returns the names in capitals that contain an underscore. */
function quotedNames(code: string): string[] {
  return [...code.matchAll(/(?<![\w>…])[A-Z][A-Z0-9]*_[A-Z0-9_]*/g)].map(([name]) => name);
}

function isKnown(name: string): boolean {
  if (otherNames.test(name)) return true;
  if (name.endsWith('_')) return settings.some((setting) => setting.startsWith(name));
  return settings.includes(name.replace(/_FILE$/, '')) || eventTypeNames.has(name) || reasons.has(name);
}

/** Returns the metrics that do not exist, or exist without one of the quoted labels. */
function unknownMetrics(code: string): string[] {
  const quoted = code.matchAll(
    /(?<![\w.])((?:rcstatsig|ingest|mapper|dispatcher|console|kafka)_[a-z_]+)(?:\{([\w,]+)\})?/g,
  );
  return [...quoted].flatMap(([, name = '', labels]) => {
    const metric = allMetrics.find((one) => one.name === name || seriesOf(one).includes(name));
    if (metric === undefined) return [name];
    const unknown = labels?.split(',').filter((label) => !metric.labelNames.includes(label)) ?? [];
    return unknown.map((label) => `${name}{${label}}`);
  });
}

function seriesOf({ name, type }: Metric): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [];
}

/** Returns the folders that contain a file. */
function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
