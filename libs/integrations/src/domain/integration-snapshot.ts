import { isDeepStrictEqual } from 'node:util';
import { type Integration } from './integration';

export type IntegrationState =
  | { kind: 'ready'; integration: Integration }
  /** There is an integration, or there may be one: its events wait. */
  | {
      kind: 'unreadable';
      detail: string;
      /** Nothing points to the project but that Redis holds no integrations at all and may have been emptied. */
      isStoreEmpty?: true;
    }
  /** There is surely no integration. */
  | { kind: 'absent' };

/** What Redis holds. */
export interface StoredIntegrations {
  /** The settings of each listed project, or why they cannot be read. */
  listed: ReadonlyMap<string, Integration | { unreadable: string }>;
  /** Projects whose integration an operator removed. */
  removed: ReadonlySet<string>;
}

interface Known {
  state: Exclude<IntegrationState, { kind: 'absent' }>;
  origin: 'environment' | 'redis';
}

/**
 * The integrations as last read from the environment and from Redis, which takes precedence for the same project.
 *
 * An integration that was seen in Redis is absent only once an operator has removed it. If its settings can no longer be
 * read (another SETTINGS_ENCRYPTION_KEY, settings of a newer version, an emptied Redis), the last readable ones stay in
 * force; a process that never read them reports it as unreadable. The environment's settings never replace those, since
 * they may ignore a pause or a privacy rule.
 *
 * A project that was never seen is absent only if Redis has been read and shows that it has its data: it lists some
 * integration, or a removed one. Redis without either may have been emptied, so the project is unreadable. An installation
 * without SETTINGS_ENCRYPTION_KEY that has an integration from the environment never had any in Redis; there it is absent.
 */
export class IntegrationSnapshot {
  private constructor(
    private readonly known: ReadonlyMap<string, Known>,
    private readonly removed: ReadonlySet<string>,
    private readonly ofUnknown: IntegrationState,
    /** Projects whose stored settings cannot be read, and why; the last readable ones may be in force. */
    readonly problems: ReadonlyMap<string, string>,
  ) {}

  static readonly unread = new IntegrationSnapshot(
    new Map(),
    new Set(),
    { kind: 'unreadable', detail: 'Integrations have not been read from Redis yet.' },
    new Map(),
  );

  /** What is known after Redis was read again. */
  next(
    { listed, removed }: StoredIntegrations,
    fromEnvironment: Integration | undefined,
    hasKey: boolean,
  ): IntegrationSnapshot {
    const known = new Map<string, Known>();
    const problems = new Map<string, string>();
    const keepOrReport = (projectId: string, detail: string): void => {
      problems.set(projectId, detail);
      const before = this.known.get(projectId);
      const isLastReadable = before?.origin === 'redis' && before.state.kind === 'ready';
      known.set(
        projectId,
        isLastReadable ? before : { origin: 'redis', state: { kind: 'unreadable', detail } },
      );
    };
    for (const [projectId, stored] of listed) {
      if ('unreadable' in stored) keepOrReport(projectId, stored.unreadable);
      else known.set(projectId, { origin: 'redis', state: { kind: 'ready', integration: stored } });
    }
    for (const [projectId, { origin }] of this.known) {
      if (origin === 'redis' && !listed.has(projectId) && !removed.has(projectId)) {
        keepOrReport(
          projectId,
          'Redis no longer has this integration, and it was not removed: was Redis emptied?',
        );
      }
    }
    const hasData = listed.size > 0 || removed.size > 0;
    if (fromEnvironment !== undefined && !known.has(fromEnvironment.projectId)) {
      const state = { kind: 'ready', integration: fromEnvironment } as const;
      known.set(fromEnvironment.projectId, { origin: 'environment', state });
    }
    const isSurelyAbsent = hasData || (fromEnvironment !== undefined && !hasKey);
    return new IntegrationSnapshot(
      known,
      removed,
      isSurelyAbsent
        ? { kind: 'absent' }
        : {
            kind: 'unreadable',
            detail: 'Redis has no integrations: was it emptied? Add the integration in the console.',
            isStoreEmpty: true,
          },
      problems,
    );
  }

  find(projectId: string): IntegrationState {
    const known = this.known.get(projectId);
    if (known !== undefined) return known.state;
    return this.removed.has(projectId) ? { kind: 'absent' } : this.ofUnknown;
  }

  /** Those that are ready. */
  all(): Integration[] {
    return [...this.known.values()].flatMap(({ state }) =>
      state.kind === 'ready' ? [state.integration] : [],
    );
  }

  /** Those that are ready or unreadable. */
  projectIds(): string[] {
    return [...this.known.keys()];
  }

  /** The projects whose state is not what it was before. */
  changesSince(before: IntegrationSnapshot): ReadonlySet<string> {
    const named = [before, this].flatMap(({ known, removed }) => [...known.keys(), ...removed]);
    return new Set(
      named.filter((projectId) => !isDeepStrictEqual(this.find(projectId), before.find(projectId))),
    );
  }
}
