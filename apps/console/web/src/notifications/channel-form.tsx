import { Button, Checkbox, Group, PasswordInput, Radio, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { ChannelView } from '../../../api/notifications';
import { useIntegrations } from '../integrations/queries';
import { ErrorAlert } from '../shared/error-alert';
import { subjectLabels } from './subject-labels';

/** Not a project id. */
const allProjects = '*';

export interface ChannelFormValues {
  kind: ChannelView['kind'];
  name: string;
  /** {@link allProjects} or a project id. */
  projectId: string;
  subjects: ChannelView['subjects'];
  url: string;
}

/** The fields of a channel. The URL of a stored one stays unchanged if it is left empty. */
export function ChannelForm({
  stored,
  submitLabel,
  isPending,
  error,
  onSubmit,
  onCancel,
}: {
  stored?: ChannelView | undefined;
  submitLabel: string;
  isPending: boolean;
  error: Error | null;
  onSubmit: (values: ChannelFormValues) => void;
  onCancel: () => void;
}) {
  const integrations = useIntegrations();
  const form = useForm<ChannelFormValues>({
    initialValues: {
      kind: stored?.kind ?? 'webhook',
      name: stored?.name ?? '',
      projectId: stored?.projectId ?? allProjects,
      subjects: stored?.subjects ?? (Object.keys(subjectLabels) as ChannelView['subjects']),
      url: '',
    },
    validateInputOnBlur: true,
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name' : null),
      subjects: (subjects) => (subjects.length === 0 ? 'Choose at least one' : null),
      url: (url) => (stored === undefined && url.trim() === '' ? 'Paste the URL' : null),
    },
  });
  const { projectId } = form.values;
  const projects = new Set(integrations.data?.map((integration) => integration.projectId));
  if (projectId !== allProjects) projects.add(projectId);
  return (
    <form onSubmit={form.onSubmit(onSubmit)}>
      <Stack>
        {stored === undefined && (
          <Radio.Group label="Kind" {...form.getInputProps('kind')}>
            <Stack gap="xs" mt={4}>
              <Radio value="webhook" label="Webhook: JSON with a signature" />
              <Radio value="slack" label="Slack: an incoming webhook" />
            </Stack>
          </Radio.Group>
        )}
        <TextInput label="Name" required {...form.getInputProps('name')} />
        <PasswordInput
          label="URL"
          description={
            stored === undefined
              ? 'It begins with https://. It is stored encrypted and not shown again.'
              : `Now ${stored.destination ?? 'unreadable'}. Leave it empty to keep it.`
          }
          required={stored === undefined}
          autoComplete="off"
          {...form.getInputProps('url')}
        />
        <Select
          label="Project"
          description="Channels of all projects also receive notifications that are not about a single project."
          data={[
            { value: allProjects, label: 'All projects' },
            ...[...projects].map((value) => ({ value, label: value })),
          ]}
          allowDeselect={false}
          {...form.getInputProps('projectId')}
        />
        <Checkbox.Group label="Notify about" {...form.getInputProps('subjects')}>
          <Stack gap="xs" mt={4}>
            {Object.entries(subjectLabels).map(([value, label]) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Stack>
        </Checkbox.Group>
        {error !== null && <ErrorAlert error={error} />}
        <Group>
          <Button type="submit" loading={isPending}>
            {submitLabel}
          </Button>
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The settings of the API. */
export function settingsOf({ name, projectId, subjects }: ChannelFormValues) {
  return { name, subjects, projectId: projectId === allProjects ? null : projectId };
}
