import {
  Anchor,
  AppShell,
  Badge,
  Box,
  Burger,
  Group,
  NavLink,
  Text,
  Title,
  Tooltip,
  UnstyledButton,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Route, Switch, useLocation } from 'wouter';
import { ActingAs } from './acting-as.tsx';
import { Arriving } from './arriving.tsx';
import { Away } from './away.tsx';
import { ColorScheme } from './color-scheme.tsx';
import { type LiveState, useLive } from './live.ts';
import {
  BottleneckPage,
  IncidentList,
  IncidentPage,
  LogsPage,
  MetricsPage,
  OnCallPage,
  Overview,
  PostmortemPage,
  ProbeList,
  ProbePage,
  ServicesPage,
  SignIn,
  SloDocumentPage,
  SloList,
  SloPage,
  SuggestPage,
  TelemetryPage,
  TracePage,
  TraceSearchPage,
  WhatIfPage,
} from './pages.ts';
import { useUnknownCaller } from './session.ts';

const PAGES: readonly { title?: string; pages: readonly { path: string; label: string }[] }[] = [
  {
    pages: [
      { path: '/', label: 'Overview' },
      { path: '/incidents', label: 'Incidents' },
      { path: '/slos', label: 'SLOs' },
      { path: '/services', label: 'Services' },
      { path: '/probes', label: 'Probes' },
      { path: '/oncall', label: 'On call' },
    ],
  },
  {
    title: 'Plan',
    pages: [
      { path: '/what-if', label: 'What if' },
      { path: '/suggest', label: 'Suggestions' },
    ],
  },
  {
    title: 'Explore',
    pages: [
      { path: '/explore/metrics', label: 'Metrics' },
      { path: '/explore/logs', label: 'Logs' },
      { path: '/explore/traces', label: 'Traces' },
      { path: '/explore/bottleneck', label: 'What is slow' },
      { path: '/telemetry', label: 'Telemetry' },
    ],
  },
];

const LIVE: Record<LiveState, { color: string; means: string }> = {
  live: { color: 'teal.6', means: 'What you see changes by itself as things happen.' },
  connecting: { color: 'gray.6', means: 'The page is about to follow what happens.' },
  reconnecting: {
    color: 'orange.6',
    means: 'The connection to the server is lost. What you see may be old; it is tried again.',
  },
};

/** What stands in an address; as it is where it has a % that begins no code. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function App() {
  const live = useLive();
  const unknown = useUnknownCaller();
  const [opened, { toggle, close }] = useDisclosure();
  const [location] = useLocation();
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 168, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="md"
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <UnstyledButton component={Link} href="/">
              <Group gap={8} wrap="nowrap">
                <img src="/icon.svg" width={24} height={24} alt="" />
                <Text fw={700} size="lg">
                  Nines
                </Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap="sm" wrap="nowrap">
            <Tooltip label={LIVE[live].means}>
              <Badge color={LIVE[live].color} variant="dot" style={{ flexShrink: 0 }}>
                {live}
              </Badge>
            </Tooltip>
            <ActingAs />
            <ColorScheme />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar component="div" p="xs">
        {PAGES.map(({ title, pages }) => (
          <Box key={title ?? ''} component="nav" aria-label={title ?? 'Nines'}>
            {title !== undefined && (
              <Text size="xs" fw={600} c="dimmed" px="sm" pt="md" pb={4}>
                {title}
              </Text>
            )}
            {pages.map(({ path, label }) => (
              <NavLink
                key={path}
                component={Link}
                href={path}
                label={label}
                onClick={close}
                active={path === '/' ? location === '/' : location.startsWith(path)}
              />
            ))}
          </Box>
        ))}
      </AppShell.Navbar>
      <AppShell.Main>
        {unknown ? (
          <Arriving height={0}>
            <SignIn />
          </Arriving>
        ) : (
          <Away live={live} />
        )}
        <Arriving key={location} height={420}>
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/incidents" component={IncidentList} />
            <Route path="/incidents/:id">{({ id }) => <IncidentPage id={id} />}</Route>
            <Route path="/incidents/:id/postmortem">{({ id }) => <PostmortemPage id={id} />}</Route>
            <Route path="/slos" component={SloList} />
            <Route path="/slos/*?">{params => <SloPage id={decoded(params['*'] ?? '')} />}</Route>
            <Route path="/slo-documents/:service">
              {({ service }) => <SloDocumentPage service={decoded(service)} />}
            </Route>
            <Route path="/what-if" component={WhatIfPage} />
            <Route path="/suggest" component={SuggestPage} />
            <Route path="/services" component={ServicesPage} />
            <Route path="/probes" component={ProbeList} />
            <Route path="/probes/:name">{({ name }) => <ProbePage name={name} />}</Route>
            <Route path="/explore/metrics" component={MetricsPage} />
            <Route path="/explore/logs" component={LogsPage} />
            <Route path="/explore/traces" component={TraceSearchPage} />
            <Route path="/explore/bottleneck" component={BottleneckPage} />
            <Route path="/telemetry" component={TelemetryPage} />
            <Route path="/traces/:id">{({ id }) => <TracePage id={id} />}</Route>
            <Route path="/oncall" component={OnCallPage} />
            <Route>
              <Title order={1} size="h3">
                There is no such page
              </Title>
              <Text>
                The navigation leads to those that exist, or{' '}
                <Anchor component={Link} href="/">
                  begin with the overview
                </Anchor>
                .
              </Text>
            </Route>
          </Switch>
        </Arriving>
      </AppShell.Main>
    </AppShell>
  );
}
