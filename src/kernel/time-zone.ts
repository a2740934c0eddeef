/** Whether a text names a time zone: one of the IANA database as Europe/Berlin, or an offset as +02:00. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
