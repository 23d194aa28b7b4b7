import { newProgress, type Parcel } from '../src/domain/parcel';

/** `anna/1` is event 1 of customer anna. */
export function parcel(name: string, format: Parcel['format'] = 'log_event'): Parcel {
  return {
    projectId: 'p',
    eventId: name,
    customerKey: name.split('/')[0] ?? name,
    format,
    bytes: 300,
    progress: newProgress(),
  };
}

export const parcels = (...names: string[]): Parcel[] => names.map((name) => parcel(name));
export const names = (list: readonly Parcel[]): string[] => list.map(({ eventId }) => eventId);
