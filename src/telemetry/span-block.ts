import { Block } from './block/block.ts';
import { Lists, Maps, Names, Texts, Words } from './block/column.ts';

/** As the collector writes them into otel_traces. */
const spanKinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const;
const statusCodes = ['Unset', 'Ok', 'Error'] as const;

/** Rows for otel_traces, in the order of its columns. */
export class SpanBlock extends Block {
  readonly columns: ReturnType<typeof spanColumns>;
  /** The entries of the dictionaries for OTLP's numbers. */
  readonly kinds: readonly number[];
  readonly statuses: readonly number[];

  constructor() {
    const columns = spanColumns();
    super(columns);
    this.columns = columns;
    this.kinds = spanKinds.map(kind => columns.SpanKind.dictionary.indexOfText(kind));
    this.statuses = statusCodes.map(code => columns.StatusCode.dictionary.indexOfText(code));
  }
}

function spanColumns() {
  return {
    Timestamp: new Words('DateTime64(9)'),
    TraceId: new Texts(),
    SpanId: new Texts(),
    ParentSpanId: new Texts(),
    TraceState: new Texts(),
    SpanName: new Names(),
    SpanKind: new Names(),
    ServiceName: new Names(),
    ResourceAttributes: new Maps(),
    ScopeName: new Texts(),
    ScopeVersion: new Texts(),
    SpanAttributes: new Maps(),
    Duration: new Words('UInt64'),
    StatusCode: new Names(),
    StatusMessage: new Texts(),
    'Events.Timestamp': new Lists(new Words('DateTime64(9)')),
    'Events.Name': new Lists(new Names()),
    'Events.Attributes': new Lists(new Maps()),
    'Links.TraceId': new Lists(new Texts()),
    'Links.SpanId': new Lists(new Texts()),
    'Links.TraceState': new Lists(new Texts()),
    'Links.Attributes': new Lists(new Maps()),
  };
}
