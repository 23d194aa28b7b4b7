/** Injection tokens for providers that are not classes. */
export const CONSOLE_CONFIG = Symbol('CONSOLE_CONFIG');
export const KAFKA_TOPICS = Symbol('KAFKA_TOPICS');
export const REDIS = Symbol('REDIS');
