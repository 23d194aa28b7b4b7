import { Alert, Button, Card, Center, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useForm } from '@mantine/form';
import { useSignIn } from '../api/session';

export function SignInPage() {
  useDocumentTitle('Sign in – RevenueCat to Statsig');
  const signIn = useSignIn();
  const form = useForm({ initialValues: { token: '', name: '' } });
  return (
    <Center component="main" mih="100vh" p="md">
      <Card withBorder w="100%" maw={420} padding="lg">
        <form
          onSubmit={form.onSubmit((given) => {
            signIn.mutate(given);
          })}
        >
          <Stack>
            <Title order={1} size="h3">
              RevenueCat to Statsig
            </Title>
            <Text c="dimmed" size="sm">
              Sign in with the console's token: the value of <code>CONSOLE_TOKEN</code>.{' '}
              <code>npm start</code> prints it.
            </Text>
            <PasswordInput
              label="Token"
              required
              autoComplete="current-password"
              {...form.getInputProps('token')}
            />
            <TextInput
              label="Your name"
              description="Shown in the audit log with your changes"
              autoComplete="name"
              {...form.getInputProps('name')}
            />
            {signIn.isError && (
              <Alert role="alert" variant="outline" color="red">
                {signIn.error.message}
              </Alert>
            )}
            <Button type="submit" loading={signIn.isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
