import { AppShell, Badge, Box, Burger, Group, NavLink, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Route, Switch, useLocation } from 'wouter';
import { ActingAs } from './acting-as.tsx';
import { Arriving } from './arriving.tsx';
import { ColorScheme } from './color-scheme.tsx';
import { useLive } from './live.ts';
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
  SloList,
  SloPage,
  TelemetryPage,
  TracePage,
  TraceSearchPage,
} from './pages.ts';

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

export function App() {
  const live = useLive();
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
            <Tooltip
              label={
                live === 'live'
                  ? 'What you see changes by itself as things happen.'
                  : 'The connection to the server is lost. What you see may be old; it is tried again.'
              }
            >
              <Badge color={live === 'live' ? 'teal.6' : 'orange.6'} variant="dot" style={{ flexShrink: 0 }}>
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
        <Arriving key={location} height={420}>
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/incidents" component={IncidentList} />
            <Route path="/incidents/:id">{({ id }) => <IncidentPage id={id} />}</Route>
            <Route path="/incidents/:id/postmortem">{({ id }) => <PostmortemPage id={id} />}</Route>
            <Route path="/slos" component={SloList} />
            <Route path="/slos/*?">{params => <SloPage id={decodeURIComponent(params['*'] ?? '')} />}</Route>
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
              <Text>There is no such page. The links on the left lead to those that exist.</Text>
            </Route>
          </Switch>
        </Arriving>
      </AppShell.Main>
    </AppShell>
  );
}
