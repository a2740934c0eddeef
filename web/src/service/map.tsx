import '@xyflow/react/dist/style.css';
import { useComputedColorScheme } from '@mantine/core';
import { Background, Controls, type Edge, MarkerType, ReactFlow } from '@xyflow/react';
import { useMemo } from 'react';
import { milliseconds, percent, perSecond } from '../figure.ts';
import { NODE_HEIGHT, NODE_WIDTH, positionsOf } from './layout.ts';
import { NodeCard, type PlaceNode } from './node.tsx';
import { FAILING, type MapEdge, type Place } from './service.ts';

const NODE_TYPES = { place: NodeCard };
export interface MapViewProps {
  places: readonly Place[];
  edges: readonly MapEdge[];
  seconds: number;
  selected?: string | undefined;
  onSelect?: (id: string) => void;
  height: number;
  still?: boolean;
}

/** Who calls whom. `still`: a picture only, without moving and choosing. */
export function MapView({ places, edges, seconds, selected, onSelect, height, still = false }: MapViewProps) {
  const scheme = useComputedColorScheme('light');
  const shape = `${places.map(place => place.id).join('|')}→${edges.map(edge => `${edge.from}>${edge.to}`).join('|')}`;
  // Figures change every few seconds and the shape seldom: places stay where they are.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for what of places and edges matters here.
  const positions = useMemo(() => positionsOf(places, edges), [shape]);
  const nodes: PlaceNode[] = places.map(place => ({
    id: place.id,
    type: 'place',
    position: positions.get(place.id) ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    ariaLabel: `${place.title}: ${place.why}`,
    data: { place, seconds, selected: place.id === selected },
  }));
  const lines: Edge[] = edges.map(edge => {
    const errors = edge.count === 0 ? 0 : edge.errors / edge.count;
    const color =
      errors > FAILING
        ? 'var(--mantine-color-red-6)'
        : 'light-dark(var(--mantine-color-gray-6), var(--mantine-color-dark-2))';
    return {
      id: `${edge.from}→${edge.to}`,
      source: edge.from,
      target: edge.to,
      animated: false,
      ...(still
        ? {}
        : {
            label: `${perSecond(edge.count / seconds)}${errors > 0 ? ` · ${percent(errors)} err` : ''} · ${milliseconds(edge.p99Ms)}`,
          }),
      style: { stroke: color, strokeWidth: errors > FAILING ? 2.4 : 1.5 },
      labelStyle: { fill: 'var(--mantine-color-text)', fontSize: 11 },
      labelBgStyle: { fill: 'var(--mantine-color-body)' },
      markerEnd: { type: MarkerType.ArrowClosed, color },
      focusable: false,
    };
  });
  return (
    <section style={{ height }} aria-label="Service map">
      <ReactFlow
        key={shape}
        nodes={nodes}
        edges={lines}
        nodeTypes={NODE_TYPES}
        colorMode={scheme}
        fitView
        fitViewOptions={{ padding: 0.08, maxZoom: 1.1 }}
        minZoom={0.2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={!still}
        elementsSelectable={!still}
        panOnDrag={!still}
        zoomOnScroll={false}
        zoomOnPinch={!still}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => onSelect?.(node.id)}
        onSelectionChange={({ nodes: chosen }) => {
          const id = chosen[0]?.id;
          if (id !== undefined && id !== selected) onSelect?.(id);
        }}
      >
        {!still && <Background gap={20} />}
        {!still && <Controls showInteractive={false} />}
      </ReactFlow>
    </section>
  );
}
