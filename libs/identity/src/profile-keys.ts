/** Holds a profile. Its id is one of the ids of its customer. */
export const profileKey = (projectId: string, profileId: string): string =>
  `profile:${projectId}:${profileId}`;

/** Points from an id to the profile of its customer. */
export const aliasKey = (projectId: string, id: string): string => `alias:${projectId}:${id}`;

/** Remembers that RevenueCat does not know who this is. */
export const absentKey = (projectId: string, id: string): string => `lookup:absent:${projectId}:${id}`;
