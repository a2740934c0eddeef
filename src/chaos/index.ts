export { Drill, type DrillFacts, DrillRun, DrillSpec, type StageName, stageNames } from './drill.ts';
export { chaosMigrations, Drills, type DrillWorld } from './drills.ts';
export { chaosOperations, renderDrill } from './operations.ts';
