import { Button, Stack } from '@mantine/core';
import { Empty } from '../shared/empty';
import { QueryResult } from '../shared/query-result';
import { PageTitle } from '../shared/page-title';
import { ErrorAlert } from '../shared/error-alert';
import { useUrlState } from '../shared/use-url-state';
import { DeadLetterDrawer } from './dead-letter-drawer';
import { DeadLetterGroupCard } from './dead-letter-group-card';
import { useGroups, useRedrive } from './queries';
import { RedriveProgress } from './redrive-progress';

export function DeadLettersPage() {
  const [params, change] = useUrlState();
  const groups = useGroups();
  const redrive = useRedrive();
  const total = groups.data?.reduce((sum, { redrivable }) => sum + redrivable, 0) ?? 0;
  return (
    <>
      <PageTitle title="Dead letters">
        {total > 0 && (
          <Button
            variant="default"
            loading={redrive.isPending}
            onClick={() => {
              redrive.mutate({ all: true });
            }}
          >
            Redrive all {total}
          </Button>
        )}
      </PageTitle>
      <Stack>
        {redrive.isError && <ErrorAlert error={redrive.error} />}
        <RedriveProgress />
        <QueryResult query={groups}>
          {(list) =>
            list.length === 0 ? (
              <Empty title="No dead letters">
                Events that cannot be delivered are listed here with the reason. Fix the cause, then redrive
                them.
              </Empty>
            ) : (
              list.map((group) => (
                <DeadLetterGroupCard
                  key={`${group.source} ${group.stage} ${group.reason}`}
                  group={group}
                  onRedrive={redrive.mutate}
                  onOpen={(id) => {
                    change({ letter: String(id) });
                  }}
                />
              ))
            )
          }
        </QueryResult>
      </Stack>
      <DeadLetterDrawer
        id={params.get('letter')}
        onClose={() => {
          change({ letter: undefined });
        }}
        onRedrive={redrive.mutate}
      />
    </>
  );
}
