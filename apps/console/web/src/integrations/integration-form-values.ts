import type { IntegrationWithoutSecrets, IntegrationSetup } from '../../../api/integrations';
import { filterValuesOf, type FilterValues, filtersOf, blankFilters } from './filter-values';

/** The form's fields. JSON maps are text while they are edited. */
export interface IntegrationFormValues {
  projectId: string;
  serverSecret: string;
  /** Only for a new integration; it cannot be changed later. */
  partitions: number | string;
  /** Empty until it is chosen for a new integration. */
  format: 'revenuecat' | 'log_event' | '';
  naming: 'received' | 'rc' | 'lifecycle' | 'map';
  /** With a preset: names to replace. With `map`: names by type. */
  nameMap: string;
  revenue: IntegrationWithoutSecrets['revenue'];
  eventTypes: string[];
  filters: FilterValues;
  includeSandbox: boolean;
  /** Whether sandbox events have a server secret of their own. */
  hasSandboxSecret: boolean;
  sandboxServerSecret: string;
  sandboxTier: string;
  /** Empty: no maximum. */
  maxRequestsPerSecond: number | string;
  identity: IntegrationWithoutSecrets['identity'];
  userIdAttribute: string;
  anonymousCustomers: IntegrationWithoutSecrets['anonymousCustomers'];
  customIds: string;
  userProperties: string[];
  blockedIds: string[];
  attributes: string;
  sensitiveAttributes: Treatment;
  otherAttributes: Treatment;
  salt: string;
  /** Whether a stored salt cannot be read: it is removed if no other one is entered. */
  isSaltLost: boolean;
  hasRevenueCatKey: boolean;
  revenueCatProjectId: string;
  revenueCatKey: string;
  looksUpCustomers: boolean;
}

type Treatment = 'keep' | 'drop' | 'hash';

export function blankValues(setup: IntegrationSetup): IntegrationFormValues {
  return {
    projectId: setup.defaultProjectId,
    serverSecret: '',
    partitions: setup.defaultPartitions,
    format: '',
    naming: 'rc',
    nameMap: '{}',
    revenue: 'gross',
    eventTypes: [...setup.defaultEventTypes],
    filters: blankFilters,
    includeSandbox: false,
    hasSandboxSecret: false,
    sandboxServerSecret: '',
    sandboxTier: 'development',
    maxRequestsPerSecond: '',
    identity: 'app_user_id',
    userIdAttribute: '',
    anonymousCustomers: 'send',
    customIds: formatJson({ revenuecatOriginalAppUserId: 'original_app_user_id' }),
    userProperties: [],
    blockedIds: [],
    attributes: '{}',
    sensitiveAttributes: 'drop',
    otherAttributes: 'keep',
    salt: '',
    isSaltLost: false,
    hasRevenueCatKey: false,
    revenueCatProjectId: '',
    revenueCatKey: '',
    looksUpCustomers: true,
  };
}

export function valuesOf(view: IntegrationWithoutSecrets): IntegrationFormValues {
  const { privacy, lookup } = view;
  return {
    projectId: view.projectId,
    serverSecret: '',
    partitions: view.partitions,
    format: view.format,
    ...namingOf(view.eventNames),
    revenue: view.revenue,
    eventTypes: view.eventTypes,
    filters: filterValuesOf(view.filters),
    includeSandbox: view.includeSandbox,
    hasSandboxSecret: view.hasSandboxSecret,
    sandboxServerSecret: '',
    sandboxTier: view.sandboxTier,
    maxRequestsPerSecond: view.maxRequestsPerSecond ?? '',
    identity: view.identity,
    userIdAttribute: view.userIdAttribute ?? '',
    anonymousCustomers: view.anonymousCustomers,
    customIds: formatJson(view.customIds),
    userProperties: view.userProperties,
    blockedIds: view.blockedIds,
    attributes: formatJson(privacy.attributes),
    sensitiveAttributes: privacy.sensitiveAttributes,
    otherAttributes: privacy.otherAttributes,
    salt: '',
    isSaltLost: false,
    hasRevenueCatKey: lookup !== null,
    revenueCatProjectId: lookup?.revenueCatProjectId ?? '',
    revenueCatKey: '',
    looksUpCustomers: lookup?.customers ?? true,
  };
}

/** Returns the settings in the format of the API. */
export function settingsOf(values: IntegrationFormValues) {
  return {
    format: values.format,
    eventNames: eventNamesOf(values),
    revenue: values.revenue,
    eventTypes: values.eventTypes,
    filters: filtersOf(values.filters),
    includeSandbox: values.includeSandbox,
    ...sandboxSecretOf(values),
    sandboxTier: values.sandboxTier,
    maxRequestsPerSecond: values.maxRequestsPerSecond === '' ? null : values.maxRequestsPerSecond,
    identity: values.identity,
    userIdAttribute: values.userIdAttribute.trim() === '' ? null : values.userIdAttribute,
    anonymousCustomers: values.anonymousCustomers,
    customIds: JSON.parse(values.customIds) as unknown,
    userProperties: values.userProperties,
    blockedIds: values.blockedIds,
    privacy: {
      attributes: JSON.parse(values.attributes) as unknown,
      sensitiveAttributes: values.sensitiveAttributes,
      otherAttributes: values.otherAttributes,
      ...saltOf(values),
    },
    lookup: lookupOf(values),
  };
}

function saltOf({ salt, isSaltLost }: IntegrationFormValues) {
  if (salt !== '') return { salt };
  return isSaltLost ? { salt: null } : {};
}

/** The secret is not sent if it stays unchanged. */
function sandboxSecretOf({ includeSandbox, hasSandboxSecret, sandboxServerSecret }: IntegrationFormValues) {
  if (!includeSandbox || !hasSandboxSecret) return { sandboxServerSecret: null };
  return sandboxServerSecret === '' ? {} : { sandboxServerSecret };
}

function lookupOf(values: IntegrationFormValues) {
  const { hasRevenueCatKey, revenueCatProjectId, revenueCatKey: apiKey, looksUpCustomers } = values;
  if (!hasRevenueCatKey) return null;
  return { revenueCatProjectId, ...(apiKey !== '' && { apiKey }), customers: looksUpCustomers };
}

/** Clears the secrets from the form after saving. */
export const emptySecrets = { serverSecret: '', sandboxServerSecret: '', salt: '', revenueCatKey: '' };

/** The secret is required only if none is stored. */
export function sandboxProblems(stored?: { hasSandboxSecret: boolean }) {
  return {
    sandboxServerSecret: (_secret: string, values: IntegrationFormValues) =>
      isSandboxSecretMissing(values, stored) ? 'Paste the server secret key' : null,
  };
}

function isSandboxSecretMissing(
  { includeSandbox, hasSandboxSecret, sandboxServerSecret }: IntegrationFormValues,
  stored: { hasSandboxSecret: boolean } | undefined,
): boolean {
  const isUsed = includeSandbox && hasSandboxSecret;
  return isUsed && stored?.hasSandboxSecret !== true && sandboxServerSecret.trim() === '';
}

/** The key is required only if none is stored. */
export function lookupProblems({ hasKey }: { hasKey: boolean }) {
  return {
    revenueCatProjectId: (id: string, { hasRevenueCatKey }: IntegrationFormValues) =>
      !hasRevenueCatKey || /^[A-Za-z0-9_-]{1,64}$/.test(id) ? null : "From the URL of RevenueCat's dashboard",
    revenueCatKey: (key: string, { hasRevenueCatKey }: IntegrationFormValues) =>
      !hasRevenueCatKey || hasKey || key.trim() !== '' ? null : 'Paste the secret API key',
  };
}

/**
 * Returns the request for a test event with the current values of the form, and with the stored secrets that it does not replace.
 * Undefined while a value or a secret is missing or invalid.
 */
export function testOf(
  values: IntegrationFormValues,
  stored?: { projectId: string; hasSandboxSecret: boolean },
) {
  const settings = validSettingsOf(values);
  const hasSecret = stored !== undefined || values.serverSecret.trim() !== '';
  if (settings === undefined || !hasSecret || isSandboxSecretMissing(values, stored)) return undefined;
  const { serverSecret } = values;
  return {
    ...settings,
    ...(serverSecret !== '' && { serverSecret }),
    ...(stored !== undefined && { projectId: stored.projectId }),
  };
}

/** Returns the settings for a preview, without server secrets; undefined while one is missing or not valid JSON. */
export function previewOf(values: IntegrationFormValues) {
  const settings = validSettingsOf(values);
  const hasSandboxSecret = values.includeSandbox && values.hasSandboxSecret;
  return settings && { ...settings, sandboxServerSecret: undefined, hasSandboxSecret };
}

function validSettingsOf(values: IntegrationFormValues) {
  const maps = [values.customIds, values.attributes, values.nameMap];
  if (values.format === '' || maps.some((text) => problemOfMap(text) !== undefined)) return undefined;
  return { ...settingsOf(values), lookup: undefined };
}

function namingOf(
  eventNames: IntegrationWithoutSecrets['eventNames'],
): Pick<IntegrationFormValues, 'naming' | 'nameMap'> {
  if (typeof eventNames === 'string') return { naming: eventNames, nameMap: '{}' };
  const { preset, rename } = eventNames;
  // A map may contain types named "preset" and "rename", but their names are text.
  return typeof rename === 'object'
    ? { naming: preset as IntegrationFormValues['naming'], nameMap: formatJson(rename) }
    : { naming: 'map', nameMap: formatJson(eventNames) };
}

function eventNamesOf({ naming, nameMap }: IntegrationFormValues): unknown {
  const map = JSON.parse(nameMap) as object;
  if (naming === 'map') return map;
  return Object.keys(map).length === 0 ? naming : { preset: naming, rename: map };
}

function formatJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

/** Validates the settings of every form. */
export const settingProblems = {
  format: (format: string) => (format === '' ? 'Choose a format' : null),
  nameMap: (text: string) => problemOfMap(text) ?? null,
  customIds: (text: string) => problemOfMap(text) ?? null,
  attributes: (text: string) => problemOfMap(text) ?? null,
};

/** Validates a field that contains a JSON map. */
function problemOfMap(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? undefined
      : 'Must be a JSON object';
  } catch {
    return 'Not valid JSON';
  }
}
