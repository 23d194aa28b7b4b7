import { isPaywallEvent, type RevenueCatEvent, statsigEventNames } from '@app/revenuecat';

/** The ten types that RevenueCat's own Statsig integration sends. */
export const defaultEventTypes: readonly string[] = Object.keys(statsigEventNames);

/** Selects all paywall events, which may be renamed in RevenueCat's dashboard. */
const paywallEvents = 'PAYWALL_*';

/** Whether an event has one of the selected types. A trailing `*` matches any ending; `*` alone matches every event. */
export function isSelected(event: RevenueCatEvent, selection: readonly string[]): boolean {
  return selection.some((selected) => {
    if (selected === paywallEvents) return isPaywallEvent(event);
    return selected.endsWith('*') ? event.type.startsWith(selected.slice(0, -1)) : event.type === selected;
  });
}
