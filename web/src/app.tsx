import { AppShell, Badge, Burger, Group, NavLink, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Route, Switch, useLocation } from 'wouter';
import { ActingAs } from './acting-as.tsx';
import { Arriving } from './arriving.tsx';
import { ColorScheme } from './color-scheme.tsx';
import { useLive } from './live.ts';
import {
  IncidentList,
  IncidentPage,
  OnCallPage,
  Overview,
  PostmortemPage,
  ServicesPage,
  SloList,
  SloPage,
  TracePage,
} from './pages.ts';

const PAGES = [
  { path: '/', label: 'Overview' },
  { path: '/incidents', label: 'Incidents' },
  { path: '/slos', label: 'SLOs' },
  { path: '/services', label: 'Services' },
  { path: '/oncall', label: 'On call' },
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
              <Badge color={live === 'live' ? 'teal' : 'orange'} variant="dot" style={{ flexShrink: 0 }}>
                {live}
              </Badge>
            </Tooltip>
            <ActingAs />
            <ColorScheme />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        {PAGES.map(({ path, label }) => (
          <NavLink
            key={path}
            component={Link}
            href={path}
            label={label}
            onClick={close}
            active={path === '/' ? location === '/' : location.startsWith(path)}
          />
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
