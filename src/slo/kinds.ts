import type { AnyKind } from '../catalog/index.ts';
import { BudgetCorrection } from './correction.ts';
import { ErrorBudgetPolicy } from './error-budget-policy.ts';
import { AlertCondition } from './openslo/alert-condition.ts';
import { AlertNotificationTarget } from './openslo/alert-notification-target.ts';
import { AlertPolicy } from './openslo/alert-policy.ts';
import { DataSource } from './openslo/data-source.ts';
import { OpenSloService } from './openslo/service.ts';
import { Sli } from './openslo/sli.ts';
import { Slo } from './openslo/slo.ts';
import { V1AlphaServiceKind, V1AlphaSloKind } from './openslo/v1alpha.ts';

/** The kinds of this room: OpenSLO's seven, two of its first version, the budget policy and its corrections. */
export const sloKinds: readonly AnyKind[] = [
  OpenSloService,
  Sli,
  Slo,
  AlertPolicy,
  AlertCondition,
  AlertNotificationTarget,
  DataSource,
  V1AlphaSloKind,
  V1AlphaServiceKind,
  ErrorBudgetPolicy,
  BudgetCorrection,
];
