import { z } from 'zod';

const preset = z.enum(['received', 'rc', 'lifecycle']);
const names = z.record(z.string(), z.string().min(1));

/**
 * RevenueCat's types unchanged, RevenueCat's own `rc_*_event` names for Statsig, or these divided by what happened in the life of
 * the subscription; a preset with a map that replaces some of its names; or a map from type to name.
 */
export const eventNamesSchema = z.union([preset, z.strictObject({ preset, rename: names }), names], {
  error:
    'Event names are "received", "rc", "lifecycle", a map from type to name, or {"preset", "rename"} with one of the three and a map.',
});
