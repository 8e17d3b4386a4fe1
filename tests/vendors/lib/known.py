"""What the filter of names has to find, and what is made up to see the check fail."""

# Names that select, in vendors' interfaces, in gateways and in codex.
NAMES = """
model models fallbacks fallback_models context_window_fallbacks content_policy_fallbacks route
preset plugins provider providerOptions router_settings_override model_list user_config api_base
base_url target_model_names draft_model adapter_id lora engine deployment deployment_name model_id
modelId modelName agent agent_id agent_config assistant_id workflow service_tier serviceTier tier
effort reasoning_effort thinkingLevel thinking_budget speed access_programs cyber multi_agent
multiAgentMode author runner svg_author routingConfig auto_router_config custom_llm_provider
prompt_id additionalModelRequestFields x-amzn-bedrock-service-tier x-litellm-model allowed_models
analysis_models modelProvider profile cyberAccessProgram keyPath config allowProviderModelFallback
review_model model_provider openai_base_url default_subagent_model complexity input_file_id
completion.model prompt_label prompt_version dotprompt_config llm ranker
""".split()
# Places that select, as the packages name them: vendor, operation or `MESSAGE:name`, pointer.
PLACES = """
anthropic POST:/v1/messages /fallbacks
anthropic POST:/v1/messages /fallbacks/*/model
anthropic POST:/v1/messages /messages/*/content/*/tool_changes/*/tool/definition/model
anthropic POST:/v1/messages /messages/*/output_config/effort
anthropic POST:/v1/messages /output_config/effort
anthropic POST:/v1/messages /thinking/budget_tokens
anthropic POST:/v1/messages /tools/*/model
anthropic POST:/v1/messages/batches /requests/*/params/model
bedrock POST:/async-invoke /modelId
bedrock POST:/model/*/converse /additionalModelRequestFields
bedrock POST:/model/*/converse /performanceConfig/latency
bedrock POST:/model/*/converse /serviceTier/type
codex RPC:config/value/write /keyPath
codex RPC:modelProvider/default/set /providerId
codex RPC:thread/start /modelProvider
codex RPC:turn/start /cyberAccessProgram
gemini POST:/interactions /agent
gemini POST:/interactions /agent_config/model
gemini POST:/models/*:generateContent /generationConfig/thinkingConfig/thinkingLevel
gemini POST:/models/*:generateContent /serviceTier
litellm POST:/chat/completions /api_base
litellm POST:/chat/completions /fallbacks
litellm POST:/chat/completions /model_list
litellm POST:/chat/completions /router_settings_override
litellm POST:/chat/completions /user_config
mistral POST:/v1/chat/completions /guardrails/*/moderation_llm_v1/model_name
mistral POST:/v1/conversations /agent_id
ollama POST:/api/chat /think
openai MESSAGE:realtime.realtime /session/audio/input/transcription/model
openai MESSAGE:responses.responses /access_programs/cyber
openai POST:/batches /input_file_id
openai POST:/chat/completions /reasoning_effort
openai POST:/evals /testing_criteria/*/model
openai POST:/fine_tuning/jobs /method/reinforcement/grader/model
openai POST:/images/edits /svg/model
openai POST:/images/generations /svg/model
openai POST:/realtime/client_secrets /session/audio/input/transcription/model
openai POST:/responses /access_programs/cyber
openai POST:/responses /input/*/reasoning/effort
openai POST:/responses /input/*/tools/*/model
openai POST:/responses /input/*/tools/*/svg/model
openai POST:/responses /moderation/model
openai POST:/responses /multi_agent/max_concurrent_subagents
openai POST:/responses /prompt/version
openai POST:/responses /reasoning/effort
openai POST:/responses /service_tier
openai POST:/responses /tools/*/svg/model
openai POST:/responses /tools/*/svg/reasoning/effort
openai POST:/responses /tools/*/type
openrouter POST:/chat/completions /models
openrouter POST:/chat/completions /plugins/*/allowed_models
openrouter POST:/chat/completions /plugins/*/model
openrouter POST:/chat/completions /provider/options/anthropic
openrouter POST:/chat/completions /tools/*/parameters/model
vertex POST:/publishers/google/models/*:generateContent /generationConfig/routingConfig/manualMode/modelName
vertex POST:/publishers/google/models/*:generateContent /tools/*/retrieval/vertexRagStore/ragRetrievalConfig/ranking/llmRanker/modelName
""".strip().splitlines()
# What is added to a copy of the extracts: vendor, type, member.
MADE_UP = """
openai responses.tool_param.ImageGenerationSvg author
openai POST:/responses runner
openai responses.responses_client_event_param.ResponseCreate model_route
anthropic POST:/v1/messages engine_version
anthropic BetaAdvisorTool20260301Param agent
bedrock ConverseRequest fallbackModel
gemini to.GenerateContentConfig modelTier
openrouter POST:/chat/completions expert
litellm request shadow_deployment
mistral POST:/v1/chat/completions model_lora
codex TurnStartParams engine
""".strip().splitlines()
