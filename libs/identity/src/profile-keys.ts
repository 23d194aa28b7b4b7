/** Key of a profile, whose id is one of the ids of its customer. */
export const profileKey = (projectId: string, profileId: string): string =>
  `profile:${projectId}:${profileId}`;

/** Key of the pointer from an id to the profile of its customer. */
export const aliasKey = (projectId: string, id: string): string => `alias:${projectId}:${id}`;

/** Key that marks a customer as unknown to RevenueCat. */
export const absentKey = (projectId: string, id: string): string => `lookup:absent:${projectId}:${id}`;
