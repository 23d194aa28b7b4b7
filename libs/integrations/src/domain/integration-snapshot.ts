import { isDeepStrictEqual } from 'node:util';
import { type Integration } from './integration';

export type IntegrationState =
  | { kind: 'ready'; integration: Integration }
  /** There is an integration, or may be one: its events wait. */
  | {
      kind: 'unreadable';
      detail: string;
      /** The project is unknown, and Redis has no integrations at all, so it may have been emptied. */
      isStoreEmpty?: true;
    }
  /** There is certainly no integration. */
  | { kind: 'absent' };

/** The integrations in Redis. */
export interface StoredIntegrations {
  /** The settings of each listed project, or why they cannot be read. */
  listed: ReadonlyMap<string, Integration | { unreadable: string }>;
  /** Projects whose integration an operator removed. */
  removed: ReadonlySet<string>;
}

interface KnownIntegration {
  state: Exclude<IntegrationState, { kind: 'absent' }>;
  origin: 'environment' | 'redis';
}

/**
 * The integrations as last read from the environment and from Redis, which takes precedence for the same project.
 *
 * An integration that was once read from Redis becomes absent only if an operator removes it. If its settings can no longer be
 * read (another SETTINGS_ENCRYPTION_KEY, settings of a newer version, an emptied Redis), the last readable ones stay in use; a
 * process that has never read them reports the integration as unreadable. The environment's settings never replace them,
 * because they may ignore a pause or a privacy rule.
 *
 * An unknown project is absent only if Redis was read and still has data: at least one integration, or a removed one. Redis
 * without either may have been emptied, so the project is unreadable. An installation without SETTINGS_ENCRYPTION_KEY that has
 * an integration from the environment has never had any in Redis, so there the project is absent.
 */
export class IntegrationSnapshot {
  private constructor(
    private readonly known: ReadonlyMap<string, KnownIntegration>,
    private readonly removed: ReadonlySet<string>,
    private readonly ofUnknown: IntegrationState,
    /** Projects whose stored settings cannot be read, with the reason. The last readable ones may still be in use. */
    readonly problems: ReadonlyMap<string, string>,
  ) {}

  static readonly unread = new IntegrationSnapshot(
    new Map(),
    new Set(),
    { kind: 'unreadable', detail: 'Integrations have not been read from Redis yet.' },
    new Map(),
  );

  /** The snapshot after Redis was read again. */
  next(
    { listed, removed }: StoredIntegrations,
    fromEnvironment: Integration | undefined,
    hasKey: boolean,
  ): IntegrationSnapshot {
    const known = new Map<string, KnownIntegration>();
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
          'Redis no longer has this integration, although it was not removed: was Redis emptied?',
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

  /** The integrations that are ready. */
  all(): Integration[] {
    return [...this.known.values()].flatMap(({ state }) =>
      state.kind === 'ready' ? [state.integration] : [],
    );
  }

  /** Projects whose integration is ready or unreadable. */
  projectIds(): string[] {
    return [...this.known.keys()];
  }

  /** The projects whose state has changed. */
  changesSince(before: IntegrationSnapshot): ReadonlySet<string> {
    const named = [before, this].flatMap(({ known, removed }) => [...known.keys(), ...removed]);
    return new Set(
      named.filter((projectId) => !isDeepStrictEqual(this.find(projectId), before.find(projectId))),
    );
  }
}
