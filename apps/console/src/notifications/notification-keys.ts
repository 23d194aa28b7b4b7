/** The keys have the same hash tag, so that a script can use several of them on Redis Cluster. */
const prefix = '{notifications}';

/** Hash from the id of a channel to the channel, encrypted. */
export const channelsKey = `${prefix}:channels`;
/** The states that were reported, as JSON. */
export const statesKey = `${prefix}:states`;
/** The console that evaluates the states. */
export const evaluatorKey = `${prefix}:evaluator`;

/** List of the messages that a channel has not received yet, oldest first. */
export const queueKey = (channelId: string): string => `${prefix}:queue:${channelId}`;
/** Hash with the failed attempts of the first message, and the last success and failure. */
export const deliveryKey = (channelId: string): string => `${prefix}:delivery:${channelId}`;
/** The console that sends a message of a channel. */
export const claimKey = (channelId: string): string => `${prefix}:claim:${channelId}`;
