export { Alert } from './alert.ts';
export { Alerts, type AlertsOptions } from './alerts.ts';
export { alertingMigrations, alertPruning } from './store.ts';
