import { type Integration, userProperties } from '@app/integrations';
import { presetAndRename, type SentEvent } from '@app/statsig';
import { type SettingWithExamples } from '../../api/setting-examples';
import { sendingAll } from './known-event';

/** The choices of a setting, for an example. */
export interface SettingChoices {
  /** What the integration would be with each of them. */
  choices: Readonly<Record<string, Integration>>;
  /** The parts of what is sent that the setting determines. */
  parts: readonly (keyof SentEvent)[];
}

const onlyPurchases = { attributes: {}, sensitiveAttributes: 'drop', otherAttributes: 'drop' } as const;

/** The choices of each setting. Apart from the setting itself, the integration is the one that is edited. */
export function settingChoices(draft: Integration): Record<SettingWithExamples, SettingChoices> {
  // So that events are sent whatever the settings that have nothing to do with the choice.
  const sending: Integration = { ...sendingAll(draft), anonymousCustomers: 'send' };
  // Only this format has such a choice.
  const asLogEvent: Integration = { ...sending, format: 'log_event' };
  return {
    format: {
      choices: choicesOf(['log_event', 'revenuecat'], (format) => ({ ...sending, format })),
      parts: ['value', 'userId'],
    },
    eventTypes: {
      choices: { all: sending, set: { ...sending, eventTypes: draft.eventTypes } },
      parts: ['name'],
    },
    eventNames: {
      choices: choicesOf(['received', 'rc', 'lifecycle', 'map'], (choice) => ({
        ...sending,
        eventNames: namesWith(choice, draft.eventNames),
      })),
      parts: ['name'],
    },
    revenue: {
      choices: choicesOf(['gross', 'after_commission', 'after_commission_and_tax'], (revenue) => ({
        ...asLogEvent,
        revenue,
      })),
      parts: ['value', 'valueBasis'],
    },
    userIdAttribute: {
      choices: { none: { ...sending, userIdAttribute: null }, set: sending },
      parts: ['userId'],
    },
    identity: {
      choices: choicesOf(['app_user_id', 'best_known', 'original_app_user_id'], (identity) => ({
        ...sending,
        identity,
      })),
      parts: ['userId'],
    },
    anonymousCustomers: {
      choices: choicesOf(['send', 'skip', 'custom_id_only'], (anonymousCustomers) => ({
        ...sending,
        anonymousCustomers,
      })),
      parts: ['userId', 'customIds'],
    },
    customIds: {
      choices: { none: { ...asLogEvent, customIds: {} }, set: asLogEvent },
      parts: ['customIds'],
    },
    userProperties: {
      choices: choicesOf(userProperties, (property) => ({
        ...asLogEvent,
        userProperties: [property],
        privacy: onlyPurchases,
      })),
      parts: ['properties'],
    },
    filters: {
      choices: { none: sending, set: { ...sending, filters: draft.filters } },
      parts: ['name'],
    },
    includeSandbox: {
      choices: { off: { ...sending, includeSandbox: false }, on: sending },
      parts: ['tier'],
    },
  };
}

function choicesOf<Choice extends string>(
  choices: readonly Choice[],
  integrationWith: (choice: Choice) => Integration,
): Record<string, Integration> {
  return Object.fromEntries(choices.map((choice) => [choice, integrationWith(choice)]));
}

type EventNames = Integration['eventNames'];

/** The names with another preset, or as a map, and with the same replacements. */
function namesWith(choice: 'received' | 'rc' | 'lifecycle' | 'map', current: EventNames): EventNames {
  const rename = { ...presetAndRename(current).rename };
  return choice === 'map' ? rename : { preset: choice, rename };
}
