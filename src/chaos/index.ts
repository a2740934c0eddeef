export { Drill, type DrillFacts, DrillRun, DrillSpec, type StageName } from './drill.ts';
export { chaosMigrations, Drills, type DrillWorld } from './drills.ts';
export { renderDrill } from './operations.ts';
