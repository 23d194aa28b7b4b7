import { reasonTexts } from './reason-texts';

describe('the texts of reasons', () => {
  it('explain each reason once, and say what to do', () => {
    expect(
      reasonTexts(['no_integration', null, 'of_another_version', 'no_integration', 'statsig_503']),
    ).toEqual([
      'no_integration: The project of the event has no integration. What to do: Add an integration for the project, then redrive its events.',
      expect.stringMatching(/^statsig_503: .+ What to do: /),
    ]);
  });
});
