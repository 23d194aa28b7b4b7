const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A time in the user's time zone, with UTC on hover and for screen readers. */
export function Moment({ atMs }: { atMs: number | null }) {
  if (atMs === null) return <span>–</span>;
  const iso = new Date(atMs).toISOString();
  return (
    <time dateTime={iso} title={`${iso.replace('T', ' ').replace('Z', '')} UTC`}>
      {local.format(atMs)}
    </time>
  );
}
