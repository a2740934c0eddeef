import { Typography } from '@mantine/core';
import Markdown from 'react-markdown';
import remarkGfm from 'remark-gfm';
import styles from './document.module.css';

const PLUGINS = [remarkGfm];

/** Markdown as a document. HTML in it stays text, images are left out, and only web links are links. */
export function Document({ markdown }: { markdown: string }) {
  return (
    <Typography className={styles.document}>
      <Markdown remarkPlugins={PLUGINS} disallowedElements={['img']}>
        {markdown}
      </Markdown>
    </Typography>
  );
}
