import RequestQueue from 'kafkajs/src/network/requestQueue';

const { prototype } = RequestQueue;
const { scheduleCheckPendingRequests } = prototype;

/**
 * Stops a loop of kafkajs in which every connection starts a timer of 1 ms again and again, whether requests wait or not, at the
 * cost of several percent of a core in an idle process (tulios/kafkajs#1704). A request that has to wait starts the timer.
 */
prototype.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};
