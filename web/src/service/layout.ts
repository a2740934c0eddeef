import { Graph, layout } from '@dagrejs/dagre';
import type { MapEdge, Place } from './service.ts';

export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 92;
const ABREAST = 4;

/** Where each place stands: callers to the left of what they call. */
export function positionsOf(
  places: readonly Place[],
  edges: readonly MapEdge[],
): Map<string, { x: number; y: number }> {
  // Side by side where nothing is known to call anything: one below the other they would be too small to read.
  if (edges.length === 0)
    return new Map(
      places
        .toSorted((a, b) => a.id.localeCompare(b.id))
        .map(({ id }, index) => [
          id,
          { x: (index % ABREAST) * (NODE_WIDTH + 28), y: Math.floor(index / ABREAST) * (NODE_HEIGHT + 28) },
        ]),
    );
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 28, ranksep: 165, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of places.toSorted((a, b) => a.id.localeCompare(b.id)))
    graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of edges) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  layout(graph);
  return new Map(
    places.map(({ id }) => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      return [id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
}
