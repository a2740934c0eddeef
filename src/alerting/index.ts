export { Alert, AlertState } from './alert.ts';
export { Alerts, type AlertsOptions } from './alerts.ts';
export { alertOperations } from './operations.ts';
export { alertingMigrations } from './store.ts';
