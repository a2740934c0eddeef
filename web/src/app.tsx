import { Text } from '@mantine/core';

export function App() {
  return <Text>Nines</Text>;
}
