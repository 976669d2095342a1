import type { Counter, Gauge, Histogram } from '#sdk/index.ts'

/*
 * The first eight have upstream's names, types and labels. A phase that was not there yet is `None`.
 */

/** From a sleeping node pool that wakes to an image that is there: seconds to ten minutes. */
const STARTUP_BUCKETS = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 450, 600]
/** Requests to an API server: milliseconds to seconds. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** What a sweep may be late by is in the middle: 5 minutes, KEDA's poll, the start of a Pod. */
const LATENESS_BUCKETS = [1, 2.5, 5, 10, 30, 60, 120, 180, 240, 300, 330, 360, 420, 600, 1800, 3600]

export const sessionsTotal: Counter = {
  type: 'counter',
  name: 'ambient_sessions_total',
  help: 'Sessions created. A session that is started again is none.',
  labels: ['namespace'],
}

export const sessionsCompleted: Counter = {
  type: 'counter',
  name: 'ambient_sessions_completed_total',
  help: 'Times that a session came to an end: Stopped, Failed or Completed.',
  labels: ['namespace', 'final_phase'],
}

export const phaseTransitions: Counter = {
  type: 'counter',
  name: 'ambient_session_phase_transitions_total',
  help: 'Changes of phase. The first one of a session is from None.',
  labels: ['namespace', 'from_phase', 'to_phase'],
}

export const sessionErrors: Counter = {
  type: 'counter',
  name: 'ambient_session_errors_total',
  help: 'Attempts that failed, by the phase that they were in and the reason of the condition Ready.',
  labels: ['namespace', 'phase', 'error_type'],
}

export const startupDuration: Histogram = {
  type: 'histogram',
  name: 'ambient_session_startup_duration_seconds',
  help: 'Time from Pending to Running.',
  labels: ['namespace'],
  buckets: STARTUP_BUCKETS,
}

export const podCreation: Histogram = {
  type: 'histogram',
  name: 'ambient_pod_creation_duration_seconds',
  help: "Time that the API server took to make a runner's Job.",
  labels: ['namespace'],
  buckets: REQUEST_BUCKETS,
}

export const tokenProvision: Histogram = {
  type: 'histogram',
  name: 'ambient_token_provision_duration_seconds',
  help: "Time that the API server took to make a runner's identity.",
  labels: ['namespace'],
  buckets: REQUEST_BUCKETS,
}

export const reconcileDuration: Histogram = {
  type: 'histogram',
  name: 'ambient_reconcile_duration_seconds',
  help: 'Time of a reconcile, by the phase that the session was found in.',
  labels: ['phase', 'success'],
  buckets: REQUEST_BUCKETS,
}

export const deadlineLateness: Histogram = {
  type: 'histogram',
  name: 'dormouse_deadline_lateness_seconds',
  help: 'How long after it had passed a deadline was noticed, by what passed.',
  labels: ['deadline'],
  buckets: LATENESS_BUCKETS,
}

export const sessionsNow: Gauge = {
  type: 'gauge',
  name: 'ambient_sessions',
  help: 'Sessions at the last sweep by phase; Ended is Stopped, Failed and Completed.',
  labels: ['namespace', 'phase'],
}

export const orphanedJobs: Gauge = {
  type: 'gauge',
  name: 'ambient_orphaned_jobs',
  help: 'Jobs of ours at the last sweep whose session is gone.',
  labels: [],
}
