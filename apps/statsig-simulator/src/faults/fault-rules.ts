import { z } from 'zod';
import { endpoints } from '../statsig/endpoints';

const milliseconds = z.number().min(0).max(600_000);

/** Wait before the response. Real networks are roughly lognormal, described here by the median and the 99th percentile. */
const latency = z.discriminatedUnion('shape', [
  z.strictObject({ shape: z.literal('fixed'), ms: milliseconds }),
  z
    .strictObject({ shape: z.literal('uniform'), minMs: milliseconds, maxMs: milliseconds })
    .refine(({ minMs, maxMs }) => minMs <= maxMs, 'minMs must not be greater than maxMs'),
  z
    .strictObject({ shape: z.literal('lognormal'), p50Ms: milliseconds.min(0.001), p99Ms: milliseconds })
    .refine(({ p50Ms, p99Ms }) => p50Ms <= p99Ms, 'p50Ms must not be greater than p99Ms'),
]);

const whichRequests = {
  match: z
    .strictObject({
      endpoint: z.enum(endpoints).optional(),
      key: z.string().optional(),
      /** Requests that contain this event, alone or with others. */
      eventId: z.string().optional(),
    })
    .default({}),
  probability: z.number().min(0).max(1).default(1),
  /** The rule ends after acting this many times. */
  times: z.int().min(1).optional(),
  /** The rule ends this long after it was set. */
  forMs: z.int().min(1).optional(),
};

/** Whether the events are recorded as accepted despite the fault, which the sender cannot see. */
const accepted = z.boolean().default(false);

const headerText = z.string().regex(/^[\x20-\x7e]+$/);

const faultRule = z.discriminatedUnion('kind', [
  z.strictObject({ ...whichRequests, kind: z.literal('latency'), latency }),
  z
    .strictObject({ ...whichRequests, kind: z.literal('reset') })
    .refine(({ match }) => match.eventId === undefined, {
      path: ['match', 'eventId'],
      message:
        'a reset happens before the body is read, so it cannot match an event id: use accept-then-reset or status',
    }),
  z.strictObject({
    ...whichRequests,
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    /** Seconds, or any text, such as an HTTP date. */
    retryAfter: z.union([z.int().min(0), headerText]).optional(),
    location: headerText.optional(),
    /** Text of the body, instead of the usual JSON. */
    body: z.string().optional(),
    /** A shorter body is padded with spaces to this size. */
    bodyBytes: z.int().min(1).max(16_777_216).optional(),
    /** `cut` sends half of the body and closes the connection; `trickle` sends single bytes without end. */
    bodyEnd: z.enum(['complete', 'cut', 'trickle']).default('complete'),
    accepted,
  }),
  z.strictObject({ ...whichRequests, kind: z.literal('hang'), accepted }),
  z.strictObject({ ...whichRequests, kind: z.literal('accept-then-reset') }),
  z.strictObject({ ...whichRequests, kind: z.literal('success-false'), accepted }),
  z.strictObject({ ...whichRequests, kind: z.literal('garbage'), accepted }),
]);

export const faultSet = z.strictObject({
  /** With the same seed, the same requests in the same order get the same faults. */
  seed: z.int().optional(),
  rules: z.array(faultRule).max(10_000),
});

export type FaultSet = z.output<typeof faultSet>;
export type FaultRule = z.output<typeof faultRule>;
export type Latency = z.output<typeof latency>;
export type LatencyRule = Extract<FaultRule, { kind: 'latency' }>;
export type ResetRule = Extract<FaultRule, { kind: 'reset' }>;
/** Replaces the response to a request that would otherwise succeed. */
export type ResponseRule = Exclude<FaultRule, LatencyRule | ResetRule>;
