/**
 * Entry point of `npm start`, `npm test` and other commands, on Node 18 or newer: installs dependencies if they are missing
 * or outdated, then runs the command on the project's own Node 24. It must not import dependencies.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const commands = {
  start: 'tools/start/main.ts',
  dev: 'tools/dev/main.ts',
  smoke: 'tools/smoke/main.ts',
  test: 'tools/test/main.ts',
  cli: 'tools/cli/main.ts',
};

const [name = '', ...args] = process.argv.slice(2);
const entry = commands[name];
if (entry === undefined) {
  fail(`Usage: bootstrap.mjs <${Object.keys(commands).join('|')}>`);
}
if (!installedAsLocked()) install();
run(entry, args);

/** npm records what it has installed in node_modules; optional packages for other platforms may be absent. */
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
  // Hide warnings about the Node version that npm itself runs on.
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: root,
    // Keep standard output for the command.
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (error !== undefined) fail(`failed to run npm: ${error.message}. Install Node.js with npm.`);
  if (status !== 0) fail(`npm ci failed with exit code ${status}; see its output above.`);
  if (localNode() === undefined) {
    fail(
      'npm ci did not install Node 24. Allow the install script of the package "node": npm install-scripts ls.',
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
  const child = spawn(node, ['--import', 'tsx', entry, ...args], {
    cwd: root,
    env: {
      ...process.env,
      // The tests leave nothing in the temporary folder, which is where tsx keeps compiled code.
      ...(name === 'test' && { TSX_DISABLE_CACHE: '1' }),
      PATH: [path.dirname(node), path.join(root, 'node_modules/.bin'), process.env.PATH].join(path.delimiter),
    },
    // The child detects the exit of this process by the closed channel, even after a kill.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C in a terminal reaches the child too, since it signals the whole group; `kill` reaches only this process.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  endWithNpm(() => child.kill('SIGTERM'));
  child.on('error', (error) => fail(`failed to run Node 24: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** npm cannot forward `kill -9`: its exit is detected by a changed parent, of this process or of the shell between. */
function endWithNpm(end) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = parent();
  const watch = setInterval(() => {
    if (parent() === npm) return;
    clearInterval(watch);
    end();
  }, 500);
}

/** Returns the parent's process id; if the parent is a shell, that of its parent. */
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
    // The process has exited, or the system does not describe it.
    return { name: '', parent: undefined };
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
