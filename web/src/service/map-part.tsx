import { Arriving } from '../arriving.tsx';
import { lazyPart } from '../lazy-part.ts';
import type { MapViewProps } from './map.tsx';

const Drawn = lazyPart(async () => (await import('./map.tsx')).MapView);

/** The service map: its layout and drawing are fetched when one is shown. */
export function MapView(props: MapViewProps) {
  return (
    <Arriving height={props.height}>
      <Drawn {...props} />
    </Arriving>
  );
}
