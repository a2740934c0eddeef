import { checkoutAvailability, checkoutLatency, declared } from '../../test/kit/declared.ts';
import { ShopTraffic, type Weather } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { createMetrics } from '../kernel/index.ts';
import type { TestKernel } from '../kernel/testing.ts';
import { Slos, type SloTelemetry } from '../slo/index.ts';
import type { Alert } from './alert.ts';
import { Alerts, type AlertsOptions } from './alerts.ts';

export interface AlertSceneOptions extends AlertsOptions {
  rate?: number;
  seed?: number;
  resources?: Resource[];
  /** In place of the traffic's own series. */
  metrics?: (own: SloTelemetry['metrics']) => SloTelemetry['metrics'];
}

/** The shop's traffic and the loop over its objectives, turn by turn. */
export class AlertScene {
  static readonly START = Date.parse('2026-01-27T03:00:00.000Z');
  readonly traffic: ShopTraffic;
  now = AlertScene.START;
  slos!: Slos;
  alerts!: Alerts;
  readonly #kernel: TestKernel;
  readonly #options: AlertSceneOptions;

  private constructor(kernel: TestKernel, options: AlertSceneOptions) {
    const { rate = 6, seed = 1 } = options;
    this.#kernel = kernel;
    this.#options = options;
    this.traffic = new ShopTraffic({ from: AlertScene.START, rate, seed });
    this.restart();
  }

  static async open(kernel: TestKernel, options: AlertSceneOptions = {}): Promise<AlertScene> {
    await kernel.db.execute('delete from alert; delete from alert_data_gap; delete from event;');
    return new AlertScene(kernel, options);
  }

  /** The rooms as after a restart: nothing in memory. */
  restart(): void {
    const { resources = [checkoutAvailability(), checkoutLatency()], metrics = own => own } = this.#options;
    const fresh = this.#late();
    this.slos = new Slos(fresh, declared(resources), { metrics: metrics(this.traffic.series.metrics()) });
    this.alerts = new Alerts(fresh, this.slos, this.#options);
  }

  async run(ms: number, weather?: Weather, turnMs = 5_000): Promise<void> {
    if (weather !== undefined) this.traffic.change(weather);
    for (const end = this.now + ms; this.now < end; ) {
      this.now += turnMs;
      this.traffic.run(this.now);
      await this.alerts.evaluate(this.now);
    }
  }

  async events(type: string): Promise<{ alert: Alert }[]> {
    return (await this.#kernel.events.after(0, { type })).map(event => event.data as { alert: Alert });
  }

  async fired(): Promise<Alert[]> {
    return (await this.events('alert.fired')).map(({ alert }) => alert);
  }

  /** The kernel for rooms that are made after its start, as often as a test likes. */
  #late(): TestKernel {
    const { events } = this.#kernel;
    return {
      ...this.#kernel,
      events: { on: () => {}, emit: events.emit.bind(events) } as unknown as TestKernel['events'],
      metrics: createMetrics(),
    };
  }
}
