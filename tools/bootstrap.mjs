/**
 * `npm start`, `npm test` and `npm run cli` from a fresh clone, on any Node from 18 on: installs what is missing, then runs the
 * real command on the project's own Node 24. It may import nothing that `npm ci` has yet to bring.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const commands = { start: 'tools/start/main.ts', test: 'tools/test/main.ts', cli: 'tools/cli/main.ts' };

const [name = '', ...args] = process.argv.slice(2);
const entry = commands[name];
if (entry === undefined) {
  fail(`Say what to run: ${Object.keys(commands).join(' or ')}.`);
}
if (!installedAsLocked()) install();
run(entry, args);

/** npm writes into node_modules which lock file it has installed; platform-bound optional packages may be absent. */
function installedAsLocked() {
  const installed = packagesOf('node_modules/.package-lock.json');
  const locked = packagesOf('package-lock.json');
  if (installed === undefined || locked === undefined || localNode() === undefined) return false;
  return Object.entries(locked).every(
    ([where, { version, optional, integrity }]) =>
      where === '' ||
      (optional === true && installed[where] === undefined) ||
      (installed[where]?.version === version && installed[where]?.integrity === integrity),
  );
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(path.join(root, lockFile), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function install() {
  console.error('Installing dependencies (npm ci)');
  // Warnings would be about the Node that npm itself runs on.
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: root,
    // Standard output belongs to the command that follows.
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (error !== undefined) fail(`npm cannot be run: ${error.message}. Install Node.js with npm.`);
  if (status !== 0) fail(`npm ci failed (exit code ${status}); what it said is above.`);
  if (localNode() === undefined) {
    fail(
      'npm ci brought no Node 24. Allow the install script of the package "node": npm install-scripts ls.',
    );
  }
}

function localNode() {
  return ['node_modules/node/bin/node', 'node_modules/node/bin/node.exe']
    .map((file) => path.join(root, file))
    .find(existsSync);
}

function run(entry, args) {
  const node = localNode();
  const child = spawn(node, ['--disable-warning=TimeoutNegativeWarning', '--import', 'tsx', entry, ...args], {
    cwd: root,
    env: {
      ...process.env,
      PATH: [path.dirname(node), path.join(root, 'node_modules/.bin'), process.env.PATH].join(path.delimiter),
    },
    // The channel tells the child when this process is gone, even when it was killed.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // On Ctrl-C the terminal tells the whole group, child included; a lone `kill` reaches this process only.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  endWithNpm(() => child.kill('SIGTERM'));
  child.on('error', (error) => fail(`Node 24 cannot be run: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** npm cannot pass on a `kill -9`: its going is seen by there being another parent, of us or of the shell between. */
function endWithNpm(end) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = parent();
  const watch = setInterval(() => {
    if (parent() === npm) return;
    clearInterval(watch);
    end();
  }, 500);
}

/** Process id of what runs us, a shell between left out. */
function parent() {
  const { name, parent: above } = describe(process.ppid);
  return /^(.*\/)?-?(sh|dash|bash|zsh|ksh)$/.test(name) ? above : process.ppid;
}

function describe(pid) {
  try {
    if (process.platform === 'linux') {
      const [, name, above] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return { name, parent: Number(above) };
    }
    const [above, ...name] = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', pid])
      .toString()
      .trim()
      .split(/\s+/);
    return { name: name.join(' '), parent: Number(above) };
  } catch {
    // It is gone, or this system tells nothing of it.
    return { name: '', parent: undefined };
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
