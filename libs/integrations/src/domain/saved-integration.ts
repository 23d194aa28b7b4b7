import { type Integration, integrationSchema } from './integration';
import { treatmentOf } from './privacy';

/** Sources of custom ids that are not the name of a customer attribute. */
const ownIds = ['app_user_id', 'original_app_user_id', 'anonymous_id', 'original_transaction_id'];

/**
 * An integration that is saved, applied, or set in the environment: its settings must not contradict each other. Stored settings
 * are read with {@link integrationSchema}, so that an integration of an earlier version continues to work, and can be paused.
 *
 * A dropped attribute must not reach Statsig in any field, so it cannot be an id of the user.
 */
export const savedIntegrationSchema = integrationSchema.superRefine((integration, context) => {
  for (const { path, attribute, purpose } of idAttributesOf(integration)) {
    if (treatmentOf(integration.privacy, attribute) !== 'drop') continue;
    const message = `The privacy settings drop the attribute "${attribute}", so it cannot be ${purpose}. Keep or hash it there, or choose another attribute.`;
    context.addIssue({ code: 'custom', path, message });
  }
});

interface IdAttribute {
  path: string[];
  attribute: string;
  purpose: string;
}

/** The customer attributes whose values are ids of Statsig's user. */
function idAttributesOf({ userIdAttribute, customIds, format }: Integration): IdAttribute[] {
  const ofUser =
    userIdAttribute === null
      ? []
      : [{ path: ['userIdAttribute'], attribute: userIdAttribute, purpose: 'the userID' }];
  // The other format has no custom ids.
  const custom = format === 'log_event' ? Object.entries(customIds) : [];
  return [
    ...ofUser,
    ...custom
      .filter(([, source]) => !ownIds.includes(source))
      .map(([type, attribute]) => ({
        path: ['customIds', type],
        attribute,
        purpose: `the custom id "${type}"`,
      })),
  ];
}
